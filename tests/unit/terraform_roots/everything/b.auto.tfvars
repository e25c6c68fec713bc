auto = "from auto"
