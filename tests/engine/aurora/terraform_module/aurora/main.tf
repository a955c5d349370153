variable "identifier" {
  type = string
}

resource "aws_rds_cluster" "main" {
  cluster_identifier        = var.identifier
  engine                    = "aurora-postgresql"
  database_name             = "coder"
  master_username           = "coder_admin"
  master_password           = "the-first-password"
  storage_encrypted         = true
  deletion_protection       = true
  final_snapshot_identifier = "${var.identifier}-final"

  serverlessv2_scaling_configuration {
    min_capacity = 0.5
    max_capacity = 1
  }

  lifecycle {
    ignore_changes = [availability_zones, restore_to_point_in_time, snapshot_identifier]
  }
}

resource "aws_rds_cluster_instance" "main" {
  count = 1

  identifier         = "${var.identifier}-writer"
  cluster_identifier = aws_rds_cluster.main.id
  instance_class     = "db.serverless"
  engine             = aws_rds_cluster.main.engine
  promotion_tier     = 1
}
