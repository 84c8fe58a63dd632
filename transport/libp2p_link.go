package transport

import (
	"bufio"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/aura-runtime/aura/task"
)

// streamLink is a [Link] over one stream.
type streamLink struct {
	stream  network.Stream
	peer    PeerID
	in      *bufio.Reader
	release func()
	closed  atomic.Bool
	reading deadline
	writing deadline
	sending sync.Mutex // a stream must not be closed for writing while it writes

	// Of a link that was dialled, see agree.
	agreeing sync.Once
	agreed   chan struct{} // closed when the peer has answered; nil: of a link that the peer opened
	refusal  error         // set before
}

// Peer implements [Link].
func (l *streamLink) Peer() PeerID { return l.peer }

// Relayed reports whether the stream's connection goes through a relay. See [Channel.Relayed].
func (l *streamLink) Relayed() bool { return l.stream.Conn().Stat().Limited }

// Send implements [Link].
func (l *streamLink) Send(tc task.Context, cells []byte) error {
	const op = "transport.Send"
	l.sending.Lock()
	defer l.sending.Unlock()
	if l.closed.Load() {
		return goneError(op)
	}
	stop := l.writing.follow(tc, l.stream.SetWriteDeadline)
	_, err := l.stream.Write(cells)
	stop()
	if err == nil {
		return nil
	}
	// A cell may have left in part, so nothing can follow it.
	_ = l.stream.Reset()
	if err := tc.Err(); err != nil {
		return err
	}
	return goneError(op)
}

// Recv implements [Link].
func (l *streamLink) Recv(tc task.Context, cell []byte) error {
	if err := tc.Err(); err != nil {
		return err
	}
	if err := l.agree(tc); err != nil {
		return err
	}
	if l.in.Buffered() < CellSize {
		stop := l.reading.follow(tc, l.stream.SetReadDeadline)
		_, err := l.in.Peek(CellSize)
		stop()
		if err != nil {
			if err := tc.Err(); err != nil && !l.closed.Load() {
				return err
			}
			return goneError("transport.Recv")
		}
	}
	_, err := l.in.Read(cell[:CellSize])
	return err
}

// agree waits for the peer's answer to the choice of protocol. The library reads it in the first Read, and whatever
// ends that read ends the stream for reading: a deadline must not, or a peer whose answer takes longer than the
// first wait could never be reached.
func (l *streamLink) agree(tc task.Context) error {
	if l.agreed == nil {
		return nil
	}
	l.agreeing.Do(func() {
		go func() { // until the answer comes or Close ends the reading
			_, l.refusal = l.stream.Read(nil)
			close(l.agreed)
		}()
	})
	select {
	case <-l.agreed:
		if l.refusal == nil {
			return nil
		}
	case <-tc.Std().Done():
		if err := tc.Err(); err != nil {
			return err
		}
	}
	return goneError("transport.Recv")
}

// Close implements [Link].
func (l *streamLink) Close() {
	if l.closed.Swap(true) {
		return
	}
	_ = l.stream.SetWriteDeadline(past) // wakes a Send that waits for the network
	l.sending.Lock()
	_ = l.stream.CloseWrite() // cells already written still travel
	// Close alone would first wait for the peer's answer to the choice of protocol, which a peer that has
	// just gone never sends.
	_ = l.stream.CloseRead()
	_ = l.stream.Close()
	l.sending.Unlock()
	l.release()
}

// past is a deadline that ends a wait at once.
var past = time.Unix(1, 0)

// deadline lets a task's context end one wait of a stream at a time, and not the wait after it.
type deadline struct {
	mu    sync.Mutex
	wait  uint64
	spent bool // the stream's deadline is past
}

// follow makes set(past) happen when tc ends. The result stops that, and makes the stream usable again.
func (d *deadline) follow(tc task.Context, set func(time.Time) error) (stop func()) {
	wait := d.wait // only this side of the link changes it
	cancel := context.AfterFunc(tc.Std(), func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.wait == wait {
			d.spent = true
			_ = set(past) // a stream that is over needs no waking
		}
	})
	return func() {
		cancel()
		d.mu.Lock()
		defer d.mu.Unlock()
		d.wait++
		if d.spent {
			d.spent = false
			_ = set(time.Time{})
		}
	}
}
