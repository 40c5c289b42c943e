terraform {
  required_providers {
    greeting = {
      source  = "example/greeting"
      version = "~> 2.1"
    }
  }
}
