"""Who may speak, tried from outside: a real Mosquitto with the configuration that `broker-config` writes."""
