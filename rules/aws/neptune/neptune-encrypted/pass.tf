resource "aws_kms_key" "graph" {
  description         = "Graph database"
  enable_key_rotation = true
}

resource "aws_neptune_cluster" "fraud" {
  cluster_identifier = "fraud"
  storage_encrypted  = true
  kms_key_arn        = aws_kms_key.graph.arn
}
