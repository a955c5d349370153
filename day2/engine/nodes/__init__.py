"""What stands behind a managed node group: its Auto Scaling group, instances that come and go, nodes in Kubernetes.

Nothing runs on an instance; it is a record with moments. No MiniStack here: `extensions.node_groups` has the calls.

    scaling_group.py, instances.py    sizes, and the instances that follow them
    activities.py, refusals.py        what the autoscaling API tells of it, and refuses
    disturbances.py, troubles.py      what can be made to go wrong, and the words AWS has for it
    registration.py, machines.py      instances as nodes of the fake Kubernetes API, and what these have for pods
    fleet.py                          all groups of one engine, and the thread in which their time passes

It differs from AWS where nobody looks: Auto Scaling does not balance zones anew after a termination (`AZRebalance`), a
launch that fails is tried again in the same zone, there are no lifecycle hooks, warm pools or spot instances.
"""
