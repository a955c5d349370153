"""What is deployed: settings, constructs by capability, stacks by lifecycle.

Importing this package points jsii at the Node that `requirements.txt` pins, before `aws_cdk` starts it.
"""

from cdk import node

node.choose()
