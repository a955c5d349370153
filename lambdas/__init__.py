"""What runs on Lambda: thin handlers over pure decisions, one package per capability."""
