tfv = "from tfvars"
auto = "from tfvars"
env = "from tfvars"
