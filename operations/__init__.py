"""The command `naru`, on settings, manifests, components, the engine and the embedded control plane."""
