// oras-pull pulls an artifact into a folder by the library of ORAS, as `oras pull` does it: the file
// store gives layers their titles, and unpacks those that are directories. It is here to be compared
// with, because the command itself is not served as a Go module.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/file"
	"oras.land/oras-go/v2/registry/remote"
)

func main() {
	output := flag.String("output", ".", "folder to write to")
	plainHTTP := flag.Bool("plain-http", false, "ask the registry over HTTP")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: oras-pull [--plain-http] [--output DIR] REFERENCE")
		os.Exit(2)
	}
	if err := pull(context.Background(), flag.Arg(0), *output, *plainHTTP); err != nil {
		fmt.Fprintln(os.Stderr, "oras-pull:", err)
		os.Exit(1)
	}
}

// pull copies the graph of the reference from its repository to the file store, which checks each
// blob's size and digest on its way.
func pull(ctx context.Context, reference, output string, plainHTTP bool) (err error) {
	repository, err := remote.NewRepository(reference)
	if err != nil {
		return err
	}
	repository.PlainHTTP = plainHTTP
	store, err := file.New(output)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, store.Close())
	}()
	tag := repository.Reference.Reference
	descriptor, err := oras.Copy(ctx, repository, tag, store, tag, oras.DefaultCopyOptions)
	if err != nil {
		return err
	}
	fmt.Println(strings.Join([]string{reference, descriptor.Digest.String()}, " "))
	return nil
}
