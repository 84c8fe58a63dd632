package localapi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/aura-runtime/aura"
)

// maxSocketPath is the longest path that every system takes for a unix socket (macOS: 103 bytes).
const maxSocketPath = 100

// SocketPath returns where the agent of a home listens: in the home itself or, when that path is too
// long for a socket, in a directory of the user's below the system's temporary one.
func SocketPath(home string) string {
	path := filepath.Join(home, "run", "agent.sock")
	if len(path) <= maxSocketPath {
		return path
	}
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(os.TempDir(), "aura-"+strconv.Itoa(os.Getuid()), hex.EncodeToString(sum[:8])+".sock")
}

// prepareDir creates the socket's directory for its owner alone, or checks that it is so. It returns
// [aura.Denied] for a directory that others may enter or that belongs to another user.
func prepareDir(path string) error {
	const op = "localapi.Start"
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return aura.Errorf(op, aura.Unavailable, "directory of the socket: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return aura.Errorf(op, aura.Unavailable, "directory of the socket: %w", err)
	}
	if !info.IsDir() || !ownedByCaller(info) {
		return aura.Errorf(op, aura.Denied, "%s belongs to another user", dir)
	}
	if permissionsMatter && info.Mode().Perm()&0o077 != 0 {
		return aura.Errorf(op, aura.Denied, "%s may be entered by others: set its mode to 0700", dir)
	}
	return nil
}

// removeStale removes the socket that a killed agent left behind.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return aura.Errorf("localapi.Start", aura.Unavailable, "socket: %w", err)
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return aura.Errorf("localapi.Start", aura.Conflict, "%s exists and is not a socket: move it away", path)
	}
	if err := os.Remove(path); err != nil {
		return aura.Errorf("localapi.Start", aura.Unavailable, "socket: %w", err)
	}
	return nil
}
