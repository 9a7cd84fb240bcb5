"""Property tests are about what is so, not about how quick a busy machine is."""

from hypothesis import settings

settings.register_profile("staysail", deadline=None)
settings.load_profile("staysail")
