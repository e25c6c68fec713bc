# What it writes for the web server holds the password: the variable's default is in the repository.
variable "password" {
  type    = string
  default = "Aa1234321Bb"
}

resource "aws_db_instance" "orders" {
  identifier = "orders"
}

resource "aws_instance" "web" {
  ami           = "ami-0a1b2c3d4e5f67890"
  instance_type = "t3.small"
  user_data     = <<-EOF
    #!/bin/bash
    cat << 'END' > /var/www/inc/dbinfo.inc
    <?php
    define('DB_SERVER', '${aws_db_instance.orders.endpoint}');
    define('DB_PASSWORD', '${var.password}');
    ?>
    END
  EOF
}
