# By id, or by value if only one indicator has the value.
terraform import mde_indicator.installer 4711
terraform import mde_indicator.installer 'https://downloads.example.org/setup.exe'
