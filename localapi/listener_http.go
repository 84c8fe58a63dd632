package localapi

import (
	"net"
	"sync/atomic"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

type callerKey struct{}

// caller is a connection whose other end is the same user. It remembers whether anything arrived
// and whether that was a request.
type caller struct {
	net.Conn
	spoke, asked, closed atomic.Bool

	open *atomic.Int32
}

// Read implements [net.Conn].
func (c *caller) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.spoke.Store(true)
	}
	return n, err
}

// Close implements [net.Conn].
func (c *caller) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}

// guardedListener accepts a bounded number of the same user's connections.
type guardedListener struct {
	*net.UnixListener
	limit int32
	open  atomic.Int32
	emit  func(world.Event)
}

// Accept implements [net.Listener].
func (l *guardedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		switch {
		case !sameUser(c):
			l.emit(rejected("caller is another user", aura.Denied))
		case l.open.Load() >= l.limit:
			l.emit(rejected("too many connections", aura.Exhausted))
		default:
			l.open.Add(1)
			return &caller{Conn: c, open: &l.open}, nil
		}
		_ = c.Close()
	}
}
