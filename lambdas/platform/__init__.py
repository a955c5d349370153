"""Coder on its Kubernetes cluster: looked at, stopped, led to another database, started and looked at again."""
