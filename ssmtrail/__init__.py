"""Who got a shell or a tunnel on which machine through AWS Systems Manager Session Manager."""
