"""Pure arithmetic over usage logs: no Django, no events."""
