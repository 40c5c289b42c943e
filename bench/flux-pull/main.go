// flux-pull pulls an artifact into a folder by the library of Flux, as `flux pull artifact` does it:
// the client fetches the first layer and unpacks it on the way. It is here to be compared with, because
// the command itself embeds files that its Go module does not hold, and so cannot be built from it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/fluxcd/pkg/oci"
	"github.com/google/go-containerregistry/pkg/crane"
)

// deadline is the command's own default, and then some for a busy machine.
const deadline = 10 * time.Minute

func main() {
	output := flag.String("output", "", "folder to write to; it has to be there")
	insecure := flag.Bool("insecure-registry", false, "ask the registry over HTTP")
	flag.Parse()
	if flag.NArg() != 1 || *output == "" {
		fmt.Fprintln(os.Stderr, "usage: flux-pull [--insecure-registry] --output DIR oci://REFERENCE")
		os.Exit(2)
	}
	if err := pull(flag.Arg(0), *output, *insecure); err != nil {
		fmt.Fprintln(os.Stderr, "flux-pull:", err)
		os.Exit(1)
	}
}

// pull checks the blob's digest while it reads it, and unpacks under the limits of the library.
func pull(reference, output string, insecure bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	url, err := oci.ParseArtifactURL(reference)
	if err != nil {
		return err
	}
	options := oci.DefaultOptions()
	if insecure {
		options = append(options, crane.Insecure)
	}
	metadata, err := oci.NewClient(options).Pull(ctx, url, output)
	if err != nil {
		return err
	}
	fmt.Println(url, metadata.Digest)
	return nil
}
