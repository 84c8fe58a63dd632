package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/aura-runtime/aura"
)

// Format is the version of the homes that this build writes. A home says its own in the file "format";
// one without the file has format 1.
//
//	1  builds before this file, with capability grants or, later, tokens
//	2  the file; an authority's token grants what its build can do ([New] sees to that)
//
// The keyring and the journal have versions of their own inside; this one covers how they fit together.
const Format = 2

const (
	formatFile  = "format"
	formatMagic = "aura home "
)

// HomeFormat returns the format of the home in a folder. It returns aura.Invalid for one that this build
// does not know.
func HomeFormat(dir string) (int, error) {
	const op = "agent.HomeFormat"
	path := filepath.Join(dir, formatFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 1, nil
	}
	if err != nil {
		return 0, aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	digits, ok := strings.CutPrefix(strings.TrimSuffix(string(text), "\n"), formatMagic)
	version, err := strconv.ParseUint(digits, 10, 31)
	if !ok || err != nil || version == 0 {
		return 0, aura.Errorf(op, aura.Corrupt, "%s does not say the format of the home: write %q into it", path, formatMagic+strconv.Itoa(Format))
	}
	if version > Format {
		return int(version), aura.Errorf(op, aura.Invalid,
			"the home %s has format %d and this aura knows formats up to %d: install the newer aura that wrote it", dir, version, Format)
	}
	return int(version), nil
}

// migrate brings a home to the present format. The caller holds the home's journal. It may end anywhere and
// run again.
func migrate(dir string) error {
	version, err := HomeFormat(dir)
	if err != nil || version == Format {
		return err
	}
	// Between formats 1 and 2 only this file differs: [New] issues the token for either format.
	return writeFormat(dir)
}

// writeFormat says in a home that it has the present format. A crash leaves the old file or the new one.
func writeFormat(dir string) error {
	const op = "agent.writeFormat"
	f, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(formatMagic + strconv.Itoa(Format) + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, formatFile))
	}
	if err != nil {
		return aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	return nil
}
