package localapi

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

const serverName = "localapi"

const (
	// headerWithin is how long a caller may take for the head of a request, which it writes at once.
	headerWithin = 5 * time.Second
	// idleFor is how long a connection without a request stays open, for a frontend whose user reads.
	idleFor = 5 * time.Minute
	// writeWait is the default of [Options.WriteWait].
	writeWait = 10 * time.Second
)

// Options of a [Server].
type Options struct {
	// MaxCalls bounds the requests that are answered at once, watches included. Default: 128: some
	// frontends, each with a few watches and one call for what its user does.
	MaxCalls int
	// MaxWatches bounds the watches among them. Default: 64.
	MaxWatches int
	// WriteWait is how long a caller may take to read one event before it is cut. Default: 10 s.
	WriteWait aura.Duration
	// MaxConnections bounds the open connections. Default: twice MaxCalls.
	MaxConnections int
}

// Server answers frontends on a unix socket.
//
// It is a [task.Service] for the real executor only: net/http's goroutines enter its group by
// [task.Group.Adopt], one task for each request, and the group's end ends them.
type Server struct {
	path     string
	bridge   app.Bridge
	opts     Options
	listener *net.UnixListener
	calls    atomic.Int32
	watches  atomic.Int32
}

// NewServer returns a server that will listen at path, see [SocketPath], and pass requests to b.
func NewServer(path string, b app.Bridge, o Options) *Server {
	if o.MaxCalls <= 0 {
		o.MaxCalls = 128
	}
	if o.MaxWatches <= 0 {
		o.MaxWatches = 64
	}
	if o.MaxConnections <= 0 {
		o.MaxConnections = 2 * o.MaxCalls
	}
	if o.WriteWait <= 0 {
		o.WriteWait = writeWait
	}
	return &Server{path: path, bridge: b, opts: o}
}

// Name implements [task.Service].
func (s *Server) Name() string { return serverName }

// Declaration implements [task.Service].
func (s *Server) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryObserved,
		Owns:     []task.Owned{{Type: "localapi.Server", By: task.ExclusionLoop}},
	}
}

// Path returns where the server listens.
func (s *Server) Path() string { return s.path }

// Start takes the socket. It returns [aura.Conflict] if another agent answers on it, and
// [aura.Denied] if its directory is open to other users. A socket that a dead agent left is replaced.
func (s *Server) Start(task.Context) error {
	const op = "localapi.Start"
	if err := prepareDir(s.path); err != nil {
		return err
	}
	if c, err := net.Dial("unix", s.path); err == nil {
		_ = c.Close()
		return aura.Errorf(op, aura.Conflict, "another agent answers on %s", s.path)
	}
	if err := removeStale(s.path); err != nil {
		return err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.path, Net: "unix"})
	if err != nil {
		return aura.Errorf(op, aura.Unavailable, "socket: %w", err)
	}
	if err := os.Chmod(s.path, 0o600); err != nil {
		_ = l.Close()
		return aura.Errorf(op, aura.Unavailable, "socket: %w", err)
	}
	s.listener = l
	return nil
}

// Serve answers requests until tc is cancelled. Requests that are under way are cancelled with it.
func (s *Server) Serve(tc task.Context) error {
	group, emit := tc.Group(), tc.Emit
	h := &http.Server{
		Handler:           s.routes(group, emit),
		ReadHeaderTimeout: headerWithin,
		IdleTimeout:       idleFor,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // what goes wrong is an event
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, callerKey{}, c)
		},
		ConnState: func(c net.Conn, state http.ConnState) {
			if p, ok := c.(*caller); ok && state == http.StateClosed && p.spoke.Load() && !p.asked.Load() {
				emit(rejected("bytes that are no request", aura.Invalid))
			}
		},
	}
	stop := context.AfterFunc(tc.Std(), func() { _ = h.Close() })
	defer stop()
	err := h.Serve(&guardedListener{UnixListener: s.listener, limit: int32(s.opts.MaxConnections), emit: emit})
	if errors.Is(err, http.ErrServerClosed) || tc.Err() != nil {
		return nil
	}
	return aura.Errorf("localapi.Serve", aura.Unavailable, "socket: %w", err)
}

// Close removes the socket.
func (s *Server) Close(task.Context) error {
	if s.listener != nil {
		_ = s.listener.Close() // Serve closed it before, if it ran.
	}
	return nil
}

func rejected(why world.Text, kind aura.Kind) world.Event {
	return world.IngressRejected(serverName, why, kind)
}
