# By the service's id, or by the value if only one indicator has it.
terraform import mde_indicator.installer 4711
terraform import mde_indicator.installer 'https://downloads.example.org/setup.exe'
