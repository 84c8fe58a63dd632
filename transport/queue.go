package transport

// queueKeep is the capacity that an empty queue may hold on to, in bytes.
const queueKeep = 16 << 10

// queue is a first-in, first-out run of bytes. The zero value is empty.
type queue struct {
	buf  []byte
	head int
}

func (q *queue) len() int { return len(q.buf) - q.head }

// bytes returns the queued bytes. It is valid until the next call of another method.
func (q *queue) bytes() []byte { return q.buf[q.head:] }

func (q *queue) append(b []byte) {
	if q.head > 0 && len(q.buf)+len(b) > cap(q.buf) && q.head >= len(q.buf)/2 {
		n := copy(q.buf, q.buf[q.head:])
		q.buf, q.head = q.buf[:n], 0
	}
	q.buf = append(q.buf, b...)
}

// discard drops the first n bytes. An empty queue gives back a large buffer.
func (q *queue) discard(n int) {
	q.head += n
	if q.head < len(q.buf) {
		return
	}
	q.buf, q.head = q.buf[:0], 0
	if cap(q.buf) > queueKeep {
		q.buf = nil
	}
}
