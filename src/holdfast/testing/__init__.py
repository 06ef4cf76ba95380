"""Fakes that keep the protocols, real local servers and a contract suite per protocol, for users."""
