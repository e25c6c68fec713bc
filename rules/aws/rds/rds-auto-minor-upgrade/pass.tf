# On where nobody writes it, in either resource.
resource "aws_db_instance" "orders" {
  identifier                  = "orders"
  engine                      = "postgres"
  instance_class              = "db.t4g.small"
  allocated_storage           = 50
  username                    = "orders"
  manage_master_user_password = true
}

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
