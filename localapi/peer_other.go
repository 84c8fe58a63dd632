//go:build !linux && !darwin

package localapi

import (
	"io/fs"
	"net"
)

// These systems do not tell who is at the other end of a unix socket. Its directory protects it, which lies in the
// user's own folder.
const permissionsMatter = false

func ownedByCaller(fs.FileInfo) bool { return true }

func sameUser(*net.UnixConn) bool { return true }
