package telemetry

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// Path is where a [Server] answers.
const Path = "/metrics"

// A collector is on this machine and asks every few seconds to minutes: gatherWithin bounds the reading of the
// counters, the others bound the memory of its connection.
const (
	readWithin   = 5 * time.Second
	gatherWithin = 5 * time.Second
	writeWithin  = 10 * time.Second
	idleFor      = time.Minute
)

// maxConnections is how many connections there may be. Any user of this machine can open them, and each holds a file
// descriptor of the agent.
const maxConnections = 16

// Server answers with metrics on a loopback port.
//
// It is a [task.Service] for the real executor only: net/http's goroutines read counters and nothing of the
// agent's, and they end with the service.
type Server struct {
	address  netip.AddrPort
	metrics  *Metrics
	listener net.Listener
}

// NewServer returns a server for an IP address with a port; port 0 takes a free one. It returns
// [aura.Invalid] for an address that other machines could reach.
func NewServer(address string, m *Metrics) (*Server, error) {
	const op = "telemetry.NewServer"
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, aura.Errorf(op, aura.Invalid, "%q is not an IP address with a port, such as 127.0.0.1:9464", address)
	}
	if !a.Addr().Unmap().IsLoopback() {
		return nil, aura.Errorf(op, aura.Invalid, "metrics are served to this machine alone: give a loopback address, such as 127.0.0.1:%d", a.Port())
	}
	return &Server{address: a, metrics: m}, nil
}

// Name implements [task.Service].
func (s *Server) Name() string { return "metrics" }

// Declaration implements [task.Service].
func (s *Server) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryObserved, Owns: append(task.Locked("telemetry.Metrics"),
			task.Owned{Type: "telemetry.Server", By: task.ExclusionLoop}),
	}
}

// Start takes the port. It returns [aura.Unavailable] when another program has it.
func (s *Server) Start(task.Context) error {
	l, err := net.Listen("tcp", s.address.String())
	if err != nil {
		return aura.Errorf("telemetry.Start", aura.Unavailable, "metrics at %s: %w", s.address, err)
	}
	s.listener = l
	return nil
}

// URL returns where the metrics are, once the service runs.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + Path }

// Serve answers requests until tc is cancelled.
func (s *Server) Serve(tc task.Context) error {
	mux := http.NewServeMux()
	mux.Handle("GET "+Path, local(s.metrics.Handler()))
	h := &http.Server{
		Handler: mux, ReadTimeout: readWithin, WriteTimeout: writeWithin, IdleTimeout: idleFor,
		MaxHeaderBytes: 8 << 10, ErrorLog: log.New(io.Discard, "", 0), ConnState: atMost(maxConnections),
	}
	stop := context.AfterFunc(tc.Std(), func() { _ = h.Close() })
	defer stop()
	err := h.Serve(s.listener)
	if errors.Is(err, http.ErrServerClosed) || tc.Err() != nil {
		return nil
	}
	return aura.Errorf("telemetry.Serve", aura.Unavailable, "metrics: %w", err)
}

// Close implements [task.Service].
func (s *Server) Close(task.Context) error {
	if s.listener != nil {
		_ = s.listener.Close() // Serve closed it before, if it ran.
	}
	return nil
}

// atMost closes a connection as it comes while there are so many others.
func atMost(limit int32) func(net.Conn, http.ConnState) {
	var open atomic.Int32
	return func(c net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			if open.Add(1) > limit {
				_ = c.Close()
			}
		case http.StateClosed:
			open.Add(-1)
		}
	}
}

// local refuses requests for another host than this machine: a web page of a stranger whose name leads here.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, err := netip.ParseAddrPort(r.Host)
		if name, _, cut := net.SplitHostPort(r.Host); cut == nil && name == "localhost" || err == nil && host.Addr().Unmap().IsLoopback() {
			next.ServeHTTP(w, r)
			return
		}
		http.Error(w, "this is not the host that was asked for", http.StatusForbidden)
	})
}
