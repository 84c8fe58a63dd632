package localapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/aura-runtime/aura"
)

// bodyWait is how long a caller may take to send the body of a request.
const bodyWait = 5 * time.Second

// readJSON reads a request's body of at most maxRequest bytes: one JSON value with known fields only.
func (s *Server) readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	const op = "localapi.Serve"
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyWait))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	_ = control.SetReadDeadline(time.Time{})
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return aura.Errorf(op, aura.Invalid, "the request is larger than %d bytes", maxRequest)
	}
	if err != nil {
		return aura.Errorf(op, aura.Invalid, "the request ends early")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return aura.Errorf(op, aura.Invalid, "the request is not as protocol %s has it: %w", protocol, err)
	}
	return nil
}

func (s *Server) writeJSON(w http.ResponseWriter, v any) error {
	s.limitWrite(w)
	w.Header().Set("Content-Type", "application/json")
	// The caller may have gone; then there is no other way to tell it.
	_ = json.NewEncoder(w).Encode(v)
	return nil
}

// writeError answers with an error. The status is for people with a generic tool; a client reads the body.
func (s *Server) writeError(w http.ResponseWriter, err error) {
	s.limitWrite(w)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status(aura.KindOf(err)))
	_ = json.NewEncoder(w).Encode(encodeError(err))
}

func (s *Server) limitWrite(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.opts.WriteWait))
}

func status(k aura.Kind) int {
	switch k {
	case aura.Denied:
		return http.StatusForbidden
	case aura.NotFound:
		return http.StatusNotFound
	case aura.Invalid, aura.Corrupt:
		return http.StatusBadRequest
	case aura.Stale, aura.Conflict:
		return http.StatusConflict
	case aura.Exhausted:
		return http.StatusTooManyRequests
	case aura.Unavailable, aura.Cancelled:
		return http.StatusServiceUnavailable
	case aura.Timeout:
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}

// stream writes server-sent events, each within the server's WriteWait.
type stream struct {
	server *Server
	w      http.ResponseWriter
	slow   bool // the caller did not read an event in time
	gone   bool // the caller closed the connection
}

// errCallerGone ends a watch whose caller no longer reads it.
var errCallerGone = &aura.Error{Op: "localapi.Watch", Kind: aura.Cancelled, Err: errors.New("the caller no longer reads")}

func (s *Server) openStream(w http.ResponseWriter) *stream {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	return &stream{server: s, w: w}
}

func (st *stream) send(event string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return aura.Errorf("localapi.Watch", aura.Internal, "event %s: %w", event, err)
	}
	st.server.limitWrite(st.w)
	frame := make([]byte, 0, len(event)+len(data)+len("event: \ndata: \n\n"))
	frame = append(append(append(frame, "event: "...), event...), "\ndata: "...)
	frame = append(append(frame, data...), "\n\n"...)
	_, err = st.w.Write(frame)
	if err == nil {
		err = http.NewResponseController(st.w).Flush()
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		st.slow = true
	default:
		st.gone = true
	}
	return errCallerGone
}
