"""What differs between the places staysail runs in: transports and waiting. Only here and in the bridge is the browser imported."""
