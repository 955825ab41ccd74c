module waystation-client

go 1.19

require github.com/go-git/go-git/v5 v5.4.2
