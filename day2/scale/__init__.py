"""Scaling, from the operator's side: started, watched, told, and simulated."""
