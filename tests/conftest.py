"""What holds for every test."""

from hypothesis import HealthCheck, settings

# The properties say what is right, not how fast this machine is today.
settings.register_profile("diemdanh", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("diemdanh")
