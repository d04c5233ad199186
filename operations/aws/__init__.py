"""What the command `naru` asks of AWS itself: it reads, and changes nothing there.

Nothing of boto3 is imported before `client` is, and that only where something is asked.
"""
