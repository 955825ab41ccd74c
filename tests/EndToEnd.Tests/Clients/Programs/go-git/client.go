// go-git: clone URL FOLDER [DEPTH] | fetch URL FOLDER [DEPTH] | push URL FOLDER
package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	address, err := url.Parse(arguments[1])
	if err != nil {
		return err
	}
	login := loginOf(address)
	address.User = nil
	folder, depth := arguments[2], 0
	if len(arguments) > 3 {
		if depth, err = strconv.Atoi(arguments[3]); err != nil {
			return err
		}
	}
	switch arguments[0] {
	case "clone":
		_, err = git.PlainClone(folder, false, &git.CloneOptions{URL: address.String(), Auth: login, Depth: depth})
		return err
	case "fetch":
		repository, err := open(folder, address.String())
		if err != nil {
			return err
		}
		err = repository.Fetch(&git.FetchOptions{RemoteName: "origin", Auth: login, Depth: depth})
		if errors.Is(err, git.NoErrAlreadyUpToDate) {
			return nil
		}
		return err
	case "push":
		repository, err := open(folder, address.String())
		if err != nil {
			return err
		}
		return repository.Push(&git.PushOptions{
			RemoteName: "origin",
			RefSpecs:   []config.RefSpec{"refs/heads/main:refs/heads/main"},
			Auth:       login,
		})
	default:
		return fmt.Errorf("unknown: %s", arguments[0])
	}
}

// Nil where the URL names nobody: then a challenge is the end.
func loginOf(address *url.URL) transport.AuthMethod {
	if address.User == nil {
		return nil
	}
	password, _ := address.User.Password()
	return &http.BasicAuth{Username: address.User.Username(), Password: password}
}

func open(folder, address string) (*git.Repository, error) {
	repository, err := git.PlainOpen(folder)
	if err != nil {
		return nil, err
	}
	wanted, err := repository.Config()
	if err != nil {
		return nil, err
	}
	wanted.Remotes["origin"].URLs = []string{address}
	return repository, repository.SetConfig(wanted)
}
