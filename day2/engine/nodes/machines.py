"""What an instance type has, read off its name, and what of it a node leaves to pods.

vCPUs follow from the size, memory from the family (c 2 GiB a vCPU, r 8, all others 4), which holds for the present
families from `large` on. What is kept from pods: the bootstrap of EKS's AMIs (github.com/awslabs/amazon-eks-ami),
6 % of the first core, 1 % of the second, 0.5 % of the next two and 0.25 % of the others; 255 MiB and 11 MiB a pod, and
100 MiB at which the kubelet begins to evict.
"""

_SIZES = {"large": 2, "xlarge": 4}
_GIB_OF_A_CPU = {"c": 2, "r": 8}
_USUAL_GIB = 4
_KEPT_MIB, _KEPT_MIB_OF_A_POD, _EVICTION_MIB = 255, 11, 100


def capacity(instance_type: str, *, pods: int) -> dict[str, str]:
    """A node's `status.capacity`, by Kubernetes' quantities."""
    cpus, mebibytes = _has(instance_type)
    return {"cpu": str(cpus), "memory": f"{mebibytes}Mi", "pods": str(pods)}


def allocatable(instance_type: str, *, pods: int) -> dict[str, str]:
    """A node's `status.allocatable`."""
    cpus, mebibytes = _has(instance_type)
    kept = _KEPT_MIB + _KEPT_MIB_OF_A_POD * pods + _EVICTION_MIB
    return {"cpu": f"{cpus * 1000 - _kept_of(cpus)}m", "memory": f"{mebibytes - kept}Mi", "pods": str(pods)}


def _has(instance_type: str) -> tuple[int, int]:
    """Its vCPUs and its MiB."""
    family, _, size = instance_type.partition(".")
    times = size.removesuffix("xlarge")
    cpus = _SIZES.get(size) or (4 * int(times) if times.isdigit() else _SIZES["large"])
    return cpus, cpus * _GIB_OF_A_CPU.get(family[:1], _USUAL_GIB) * 1024


def _kept_of(cpus: int) -> int:
    """In thousandths of a core."""
    return sum([60, 10, 5, 5][:cpus]) + max(0, cpus - 4) * 5 // 2
