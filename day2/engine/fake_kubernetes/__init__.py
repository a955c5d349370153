"""A fake Kubernetes API server: enough for a client to see what a real one would answer.

Nothing runs behind it but the pods of Coder's Deployments, which are processes of the fake Coder.

    server.py, requests.py, selectors.py    the API, and a request taken apart
    store.py, objects.py, refusals.py       the objects
    workloads.py, pods.py, controller.py    which Deployments have pods, and what keeps them
    scheduling.py                           which node a pod is bound to
    provisioners.py                         what the provisioners' pods would say to coderd
    containers.py, environments.py          a pod's process, and its environment out of the Secrets
    front.py, proxying.py                   the address of the replicas that are ready, and each one's by its pod
"""
