# Each of these ports, one group for each.
resource "aws_security_group" "open" {
  for_each = toset([for port in local.ports : tostring(port)])

  name = "open-${each.value}"

  ingress {
    from_port   = tonumber(each.value)
    to_port     = tonumber(each.value)
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

locals {
  ports = [
    20, 21, 23, 111, 135, 137, 138, 139, 389, 445, 512, 513, 514, 636, 873, 1433, 1434, 1521, 2049,
    2375, 2376, 2379, 2380, 2483, 2484, 3268, 3306, 5432, 5439, 5500, 5601, 5800, 5900, 5984, 5985,
    5986, 6379, 6380, 7000, 7001, 7199, 7474, 7687, 8086, 8182, 8529, 9042, 9092, 9160, 9200, 9300,
    10250, 10255, 11211, 11214, 26257, 27017, 27018, 27019, 28015, 50000,
  ]
}
