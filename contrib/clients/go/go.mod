module mailstop

go 1.21
