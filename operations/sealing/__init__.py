"""Sealing: values to ciphertext that only a cluster's Sealed Secrets controller opens."""
