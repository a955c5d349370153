"""Scaling in virtual time: the rules that scale a node group, against a trace of workspaces, beside two other ways.

Nothing here speaks to AWS. The decisions are those of `lambdas.scaling`, word for word; the platform around them is
a model, whose assumptions stand in `world` and `office`.
"""
