variable "encrypted" {
  type = bool
}

resource "aws_neptune_cluster" "fraud" {
  cluster_identifier = "fraud"
  storage_encrypted  = var.encrypted
}
