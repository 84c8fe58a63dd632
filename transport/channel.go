package transport

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// burst is how many cells the writer passes to the link at once: enough to spread the cost of a system
// call, few enough that an acknowledgement does not wait long behind them.
const burst = 12

// Channel is a secure channel between this device and one peer in one context. Messages arrive whole,
// in order and once, or the channel ends. When it ends, messages that the peer did not acknowledge may
// or may not have arrived: the sender keeps them until the peer acknowledges them in a protocol above.
//
// A channel ends with [aura.Unavailable] when the peer closed it, the link broke or nothing came back
// in time; with [aura.Stale] when a newer channel to the same peer in the same context replaced it; with
// [aura.Cancelled] when it was closed here; with [aura.Corrupt] when the peer broke the rules.
type Channel struct {
	hub     *Hub
	link    Link
	context aura.ContextID
	remote  [32]byte
	binding [32]byte
	dialled bool

	room, inbox, work *task.Wake // for Send, Recv and the writer
	over              *task.Latch

	lock  task.Mutex
	flow  flow
	epoch aura.Epoch
	turn  bool // the next cell opens a new generation
	stats Stats
	err   error // why the channel ended; nil: it is open

	send sealKeys // the writer's
	recv opener   // the reader's
}

// Stats counts the traffic of a channel.
type Stats struct {
	MessagesSent, MessagesReceived uint64
	CellsSent, CellsReceived       uint64
	CellsRepeated                  uint64        // sent again after a loss
	CellsRefused                   uint64        // received and dropped: forged, replayed or out of date
	RoundTrip                      aura.Duration // smoothed; 0: not known yet
	Generation                     uint32        // of the keys for sending
}

func newChannel(tc task.Context, h *Hub, l Link, context aura.ContextID, s session, dialled bool) *Channel {
	keepAlive := h.options.KeepAlive
	if !dialled {
		keepAlive += keepAlive / 4 // one side asks, or both would at the same time
	}
	c := &Channel{
		hub: h, link: l, context: context, remote: s.remote, binding: s.binding, dialled: dialled,
		room: task.NewWake(), inbox: task.NewWake(), work: task.NewWake(), over: task.NewLatch(),
		flow: newFlow(tc.Elapsed(), h.entropy, keepAlive, h.options.DeadAfter),
		send: s.send, recv: opener{keys: s.recv, first: 1},
	}
	// The first cell from each side carries a probe: the responder's proof that the initiator is no
	// replay, and the first measure of the round trip.
	c.flow.probe = dialled
	return c
}

// Peer returns the peer at the other end of the link.
func (c *Channel) Peer() PeerID { return c.link.Peer() }

// Relayed reports whether a relay passes the channel's cells on. They are sealed all the same.
func (c *Channel) Relayed() bool {
	l, ok := c.link.(interface{ Relayed() bool })
	return ok && l.Relayed()
}

// Context returns the context that the channel belongs to.
func (c *Channel) Context() aura.ContextID { return c.context }

// RemoteStatic returns the peer's agreement public key (X25519), which the handshake proved.
func (c *Channel) RemoteStatic() [32]byte { return c.remote }

// Binding returns a value that only the two ends of this channel know to be equal. Sign it to bind
// something to the channel.
func (c *Channel) Binding() [32]byte { return c.binding }

// Dialled reports whether this side opened the channel.
func (c *Channel) Dialled() bool { return c.dialled }

// Stats returns the counts so far.
func (c *Channel) Stats() Stats {
	c.lock.Lock()
	defer c.lock.Unlock()
	s := c.stats
	s.CellsRepeated, s.RoundTrip = c.flow.lost, c.flow.smoothed
	return s
}

// Send queues a message of 1 to [MaxMessage] bytes and returns; it waits only while too much is queued.
// The channel keeps no reference to msg. It returns [aura.Invalid] for a message of another size, and
// the channel's end as described at [Channel]. Several tasks may send.
func (c *Channel) Send(tc task.Context, msg []byte) error {
	if len(msg) == 0 || len(msg) > MaxMessage {
		return aura.Errorf("transport.Send", aura.Invalid, "message of %d bytes, allowed are 1 to %d", len(msg), MaxMessage)
	}
	for {
		c.lock.Lock()
		err, queued := c.err, false
		if err == nil && c.flow.hasRoom() {
			c.flow.queue(msg)
			c.stats.MessagesSent++
			queued = true
		}
		more := err != nil || c.flow.hasRoom()
		c.lock.Unlock()
		if more {
			c.room.Notify() // one wake may mean room for several waiting tasks
		}
		if queued {
			c.work.Notify()
		}
		if queued || err != nil {
			return err
		}
		if err := c.room.Wait(tc); err != nil {
			return err
		}
	}
}

// Recv returns the next message. After the channel's end it returns the messages that arrived before, then the end
// as described at [Channel]. One task at a time receives.
func (c *Channel) Recv(tc task.Context) ([]byte, error) {
	for {
		c.lock.Lock()
		msg, roomy := c.flow.pop(tc.Elapsed())
		err := c.err
		if msg != nil {
			c.stats.MessagesReceived++
		}
		c.lock.Unlock()
		if roomy {
			c.work.Notify()
		}
		if msg != nil {
			return msg, nil
		}
		if err != nil {
			c.inbox.Notify() // for a later call
			return nil, err
		}
		if err := c.inbox.Wait(tc); err != nil {
			return nil, err
		}
	}
}

// Rekey moves this side's sending to fresh keys if epoch is not the last that it was given. The
// peer follows with the first cell that it receives.
func (c *Channel) Rekey(epoch aura.Epoch) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if epoch != c.epoch { // a clock that was wrong comes back
		c.epoch, c.turn = epoch, true
	}
}

// Over waits until the channel has ended and returns why. It returns tc's error if that comes first.
func (c *Channel) Over(tc task.Context) error {
	if err := c.over.Wait(tc); err != nil {
		return err
	}
	return c.Err()
}

// Err returns why the channel ended, or nil while it is open.
func (c *Channel) Err() error {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.err
}

// closeWithin bounds how long Close waits for the link to take the last cell.
const closeWithin = 1e9

// Close tells the peer and ends the channel. It does not wait until the queued messages arrive.
func (c *Channel) Close(tc task.Context) {
	tc, done := tc.WithBudget("transport.close", closeWithin)
	defer done()
	c.lock.Lock()
	c.flow.closing = true
	c.lock.Unlock()
	c.work.Notify()
	if c.over.Wait(tc) != nil {
		c.end(closedHere())
	}
}

func closedHere() error {
	return aura.Errorf("transport.Close", aura.Cancelled, "the channel was closed")
}

// end makes err the channel's end, unless it has one, and wakes every task that waits for it.
func (c *Channel) end(err error) {
	c.lock.Lock()
	first := c.err == nil
	if first {
		c.err = err
	}
	c.lock.Unlock()
	if !first {
		return
	}
	c.link.Close()
	c.hub.forget(c)
	c.over.Open()
	c.room.Notify()
	c.inbox.Notify()
	c.work.Notify()
}

// write is the writer: it sends the flow's cells and sleeps until the next deadline.
func (c *Channel) write(tc task.Context) error {
	cells := make([]byte, burst*CellSize)
	var numbers [burst]uint64
	for {
		now := tc.Elapsed()
		c.lock.Lock()
		n, next := 0, now
		closing, err := c.flow.closing, c.err
		if err == nil {
			err = c.flow.tick(now)
		}
		for ; err == nil && n < burst && !(closing && n > 0); n++ {
			number, ok := c.flow.fill(now, cells[n*CellSize+sealedAt:][:bodySize])
			if !ok {
				next = c.flow.next(now)
				break
			}
			numbers[n] = number
		}
		turn := c.turn && n > 0
		c.turn = c.turn && !turn
		c.stats.CellsSent += uint64(n)
		if turn {
			c.stats.Generation++
		}
		c.lock.Unlock()

		if turn {
			c.send.step()
		}
		for i := range n {
			c.send.seal(cells[i*CellSize:][:CellSize], numbers[i])
		}
		if n > 0 && err == nil {
			err = c.link.Send(tc, cells[:n*CellSize])
		}
		if closing && err == nil {
			err = closedHere()
		}
		if err == nil && n < burst {
			_, err = c.work.WaitUntil(tc, next)
		}
		if err != nil {
			c.end(err)
			return nil
		}
	}
}

// read is the reader: it opens cells and gives them to the flow. The first cell, if any, was received by
// the handshake.
func (c *Channel) read(tc task.Context, first []byte) error {
	cell := first
	if cell == nil {
		cell = make([]byte, CellSize)
	}
	for {
		if first == nil {
			if err := c.link.Recv(tc, cell); err != nil {
				c.end(err)
				return nil
			}
		}
		first = nil
		if err := c.receive(tc, cell); err != nil {
			c.end(err)
			return nil
		}
	}
}

// receive handles one cell. Its error ends the channel.
func (c *Channel) receive(tc task.Context, cell []byte) error {
	number, body, err := uint64(0), []byte(nil), error(nil)
	if kind, bad := cellKind(cell); bad != nil || kind != kindData {
		err = aura.Denied // a late handshake cell, or no cell at all
	} else {
		number, body, err = c.recv.open(cell)
	}
	if err != nil {
		c.lock.Lock()
		c.stats.CellsRefused++
		c.lock.Unlock()
		return nil
	}
	now := tc.Elapsed()
	c.lock.Lock()
	c.stats.CellsReceived++
	if !c.flow.seen.fresh(number) {
		c.stats.CellsRefused++
	}
	due := min(c.flow.ackAt, c.flow.retryAt, c.flow.lossAt)
	flights, room := len(c.flow.inFlight), c.flow.hasRoom()
	err = c.flow.take(now, number, body)
	ready := false
	if err == nil {
		ready, err = c.flow.ready()
	}
	// The writer must look again if something is due earlier than it knew, or if there is room now for
	// cells that it could not send.
	wake := min(c.flow.ackAt, c.flow.retryAt, c.flow.lossAt) < due ||
		c.flow.probe || len(c.flow.resend) > 0 || len(c.flow.inFlight) < flights
	freed := !room && c.flow.hasRoom()
	c.lock.Unlock()
	if ready {
		c.inbox.Notify()
	}
	if freed {
		c.room.Notify()
	}
	if wake {
		c.work.Notify()
	}
	return err
}
