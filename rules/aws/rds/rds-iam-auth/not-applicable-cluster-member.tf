# The cluster is written in another root; its identifier is enough to know that this is a member.
data "aws_rds_cluster" "ledger" {
  cluster_identifier = "ledger"
}

resource "aws_rds_cluster_instance" "reader" {
  identifier         = "ledger-reader"
  cluster_identifier = data.aws_rds_cluster.ledger.id
  engine             = "aurora-postgresql"
  instance_class     = "db.r6g.large"
}
