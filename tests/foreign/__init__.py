"""The command line against servers that others wrote: moto and ministack, as they are. `make foreign` runs these."""
