package task

import "github.com/aura-runtime/aura"

// The tree of groups. Locks are taken from child to parent, never the other way: cancelling copies the children under
// the lock and goes down without it.

// newRoot returns the group of an executor's root task.
func newRoot(e engine, name string, onEmpty func()) *Group {
	return &Group{path: name, engine: e, onEmpty: onEmpty}
}

// newChild returns an empty group below g. It is linked to g only while it has live tasks, so an empty
// one without a reference is garbage.
func (g *Group) newChild(name string) *Group {
	path := g.path + "/" + name
	child := &Group{path: path, engine: g.engine, parent: g, skew: g.skew}
	child.cancelled.Store(g.cancelled.Load())
	return child
}

// add makes t a member; false means that the group takes no more.
func (g *Group) add(t *task) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.crashed || !g.grow() {
		return false
	}
	t.prev = g.last
	if g.last == nil {
		g.first = t
	} else {
		g.last.next = t
	}
	g.last = t
	return true
}

// grow counts one more live member, and links g to its parent when it is the first. It takes over a
// cancellation that passed while g was not linked; false means that the tree has ended or g has crashed.
// g.mu is held.
func (g *Group) grow() bool {
	if g.ended || g.live == 0 && g.parent != nil && !g.parent.link(g) {
		return false
	}
	g.live++
	return true
}

// link adds a child group; the child's lock is held.
func (g *Group) link(c *Group) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.crashed || !g.grow() {
		c.crashed = true
		return false
	}
	if g.cancelled.Load() {
		c.cancelled.Store(true)
	}
	c.prev, c.next = g.youngest, nil
	if g.youngest == nil {
		g.eldest = c
	} else {
		g.youngest.next = c
	}
	g.youngest = c
	return true
}

// remove takes t out after its end.
func (g *Group) remove(t *task) {
	g.mu.Lock()
	if t.prev == nil {
		g.first = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		g.last = t.prev
	} else {
		t.next.prev = t.prev
	}
	root := g.shrink()
	g.mu.Unlock()
	if root != nil {
		root.onEmpty()
	}
}

// shrink counts one live member less. The last one unlinks g from its parent and answers the tasks that wait for
// that. It returns the root when the whole tree is empty. g.mu is held.
func (g *Group) shrink() (root *Group) {
	g.live--
	if g.live > 0 {
		return nil
	}
	g.empty.answerAll(granted)
	if g.parent == nil {
		g.ended = true
		return g
	}
	return g.parent.unlink(g)
}

// unlink removes an empty child group; the child's lock is held.
func (g *Group) unlink(c *Group) (root *Group) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.prev == nil {
		g.eldest = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		g.youngest = c.prev
	} else {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
	return g.shrink()
}

// Cancel ends the context of every task in the group and in the groups below it, now and later. It does
// not wait.
func (g *Group) Cancel() {
	if g.cancelled.Swap(true) {
		return
	}
	g.mu.Lock()
	var stds []*stdContext
	for t := g.first; t != nil; t = t.next {
		stds = append(stds, t.stds...)
		t.unpark()
	}
	children := g.childrenLocked()
	g.mu.Unlock()
	if g.onCancel != nil {
		g.onCancel()
	}
	for _, std := range stds {
		std.groupCancelled()
	}
	for _, c := range children {
		c.Cancel()
	}
}

// childrenLocked returns the live child groups; g.mu is held.
func (g *Group) childrenLocked() []*Group {
	var children []*Group
	for c := g.eldest; c != nil; c = c.next {
		children = append(children, c)
	}
	return children
}

// Live returns the names of the live tasks of the group and of the groups below it, in order of start.
func (g *Group) Live() []string {
	var names []string
	g.each(func(t *task) { names = append(names, t.path()) })
	return names
}

// each calls f for every live task of the group and of the groups below it.
func (g *Group) each(f func(*task)) {
	g.mu.Lock()
	for t := g.first; t != nil; t = t.next {
		f(t)
	}
	children := g.childrenLocked()
	g.mu.Unlock()
	for _, c := range children {
		c.each(f)
	}
}

func (g *Group) isEmpty() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.live == 0
}

// fail accounts for the failure of a task, in the group and, for a panic, in the group that answers for it.
func (g *Group) fail(t *task, err error) {
	err = aura.Errorf("task.Go", aura.KindOf(err), "%s: %w", t.path(), err)
	up := g
	if isPanic(err) {
		up = g.failureOwner()
	}
	if up != g {
		g.asked.Store(true) // the service above tells it
		defer up.failWith(err)
	}
	g.failWith(err)
}

// failureOwner returns the nearest group from g upwards that is isolated or a service's, g if there is none.
func (g *Group) failureOwner() *Group {
	for up := g; up != nil; up = up.parent {
		if up.isolated || up.onFail != nil {
			return up
		}
	}
	return g
}

// failWith records the first failure, keeps it for Run in case no task asks for it, and cancels the group.
func (g *Group) failWith(err error) {
	g.mu.Lock()
	first := g.err == nil
	if first {
		g.err = err
	}
	g.mu.Unlock()
	if first && g.onFail != nil {
		g.onFail(err)
	}
	if first {
		g.leaveToRoot()
	}
	g.Cancel()
}

// leaveToRoot lets Run find the failure unless a task asks the group first.
func (g *Group) leaveToRoot() {
	root := g
	for root.parent != nil {
		root = root.parent
	}
	if root == g {
		return
	}
	root.mu.Lock()
	lost := root.lost
	root.mu.Unlock()
	if lost != nil && !lost.reported() {
		return
	}
	root.mu.Lock()
	defer root.mu.Unlock()
	if root.lost == lost {
		root.lost = g
	}
}

// reported reports whether Run need not return the group's failure: a task asked for it, or a crash ended
// the tasks that would have.
func (g *Group) reported() bool {
	if g.asked.Load() {
		return true
	}
	for ; g != nil; g = g.parent {
		g.mu.Lock()
		crashed := g.crashed
		g.mu.Unlock()
		if crashed {
			return true
		}
	}
	return false
}

// verdict returns what Run returns: the root group's failure, else the root task's own result, else a
// failure below that no task asked for.
func (g *Group) verdict(result error) error {
	g.mu.Lock()
	err, lost := g.err, g.lost
	g.mu.Unlock()
	switch {
	case err != nil:
		return err
	case result != nil:
		return result
	case lost != nil && !lost.reported():
		return lost.Err()
	}
	return nil
}
