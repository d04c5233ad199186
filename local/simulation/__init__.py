"""What a cluster's nodes and operators would do, for objects that KWOK's stages cannot judge by themselves."""
