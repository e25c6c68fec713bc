# Two halves are the whole: either alone is more of the internet than anybody means by a range.
resource "aws_security_group" "web" {
  name = "web"

  ingress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/1", "128.0.0.0/1"]
  }
}
