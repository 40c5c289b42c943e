// masterminds says what the library of Helm, Flux and Argo CD makes of versions and ranges: cases come
// as JSON on standard input, the table of verdicts goes to standard output. It is the measure of our
// own reading, and part of no test run.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
)

const library = "github.com/Masterminds/semver/v3"

type cases struct {
	Versions []string `json:"versions"`
	Ranges   []string `json:"ranges"`
}

type versionVerdict struct {
	Text string `json:"text"`
	// As the library writes it; absent where it refuses the text.
	Canonical string `json:"canonical,omitempty"`
	// Place among all versions, from the lowest; the same for those that compare as equal.
	Rank *int `json:"rank,omitempty"`
}

type rangeVerdict struct {
	Range string `json:"range"`
	Ok    bool   `json:"ok"`
	// Versions in it, and those that come in by IncludePrerelease.
	Matches     []string `json:"matches,omitempty"`
	Prereleases []string `json:"prereleases,omitempty"`
}

func main() {
	var asked cases
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fail(err)
	}
	ranges := make([]rangeVerdict, 0, len(asked.Ranges))
	for _, text := range asked.Ranges {
		ranges = append(ranges, judgeRange(text, asked.Versions))
	}
	fmt.Printf("{\n\"library\": %s,\n", line(library+" "+libraryVersion()))
	printList("versions", judgeVersions(asked.Versions))
	fmt.Print(",\n")
	printList("ranges", ranges)
	fmt.Print("\n}\n")
}

func judgeVersions(texts []string) []versionVerdict {
	var sorted []*semver.Version
	for _, text := range texts {
		if version, err := semver.NewVersion(text); err == nil {
			sorted = append(sorted, version)
		}
	}
	slices.SortStableFunc(sorted, (*semver.Version).Compare)
	verdicts := make([]versionVerdict, 0, len(texts))
	for _, text := range texts {
		verdict := versionVerdict{Text: text}
		if version, err := semver.NewVersion(text); err == nil {
			rank := slices.IndexFunc(sorted, version.Equal)
			verdict.Canonical, verdict.Rank = version.String(), &rank
		}
		verdicts = append(verdicts, verdict)
	}
	return verdicts
}

func judgeRange(text string, versions []string) rangeVerdict {
	constraint, err := semver.NewConstraint(text)
	if err != nil {
		return rangeVerdict{Range: text}
	}
	verdict := rangeVerdict{Range: text, Ok: true}
	for _, written := range versions {
		version, err := semver.NewVersion(written)
		if err != nil {
			continue
		}
		constraint.IncludePrerelease = false
		isIn := constraint.Check(version)
		constraint.IncludePrerelease = true
		isInWithPrereleases := constraint.Check(version)
		if isIn && !isInWithPrereleases {
			fail(fmt.Errorf("%s leaves %q only without prereleases", written, text))
		}
		if isIn {
			verdict.Matches = append(verdict.Matches, written)
		} else if isInWithPrereleases {
			verdict.Prereleases = append(verdict.Prereleases, written)
		}
	}
	return verdict
}

// printList writes one line for each verdict, so that a change of the table can be read.
func printList[T any](name string, verdicts []T) {
	fmt.Printf("%s: [\n", line(name))
	for index, verdict := range verdicts {
		end := ",\n"
		if index == len(verdicts)-1 {
			end = "\n"
		}
		fmt.Print(line(verdict), end)
	}
	fmt.Print("]")
}

func line(value any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		fail(err)
	}
	return strings.TrimSpace(text.String())
}

func libraryVersion() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if module.Path == library {
				return module.Version
			}
		}
	}
	fail(fmt.Errorf("this build does not say which version of %s it has", library))
	return ""
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "masterminds:", err)
	os.Exit(1)
}
