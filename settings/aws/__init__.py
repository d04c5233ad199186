"""What the files say of AWS."""
