"""CloudFormation as strict as AWS's: who may deploy, what must exist, and which names are taken."""
