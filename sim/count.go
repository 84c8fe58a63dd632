package sim

// Troubles counts what went wrong in a world, by kind.
type Troubles struct {
	Crashes    int `json:"crashes"`
	Restarts   int `json:"restarts"` // after a clean stop
	Panics     int `json:"panics"`   // of agents, each made by the world
	Partitions int `json:"partitions"`
	Moves      int `json:"moves"`       // to another network
	DiskFaults int `json:"disk_faults"` // disks that returned errors for a while
	SlowDisks  int `json:"slow_disks"`  // disks that took seconds for a sync
	StuckDisks int `json:"stuck_disks"` // disks whose syncs did not return for a while
	FullDisks  int `json:"full_disks"`  // disks that filled up, and had room again
	ClocksOff  int `json:"clocks_off"`  // people whose clocks differ from the others' all the time
	ClockJumps int `json:"clock_jumps"` // of clocks that were set wrong, or right
	NameTakers int `json:"names_taken"` // of people who called themselves like somebody else
	Absences   int `json:"absences"`    // of one person, for weeks
}

// Trouble is a kind of trouble, in the plural, and how often there was some.
type Trouble struct {
	Kind  string
	Count int
}

// All returns the count of every kind.
func (t *Troubles) All() []Trouble {
	return []Trouble{
		{"crashes", t.Crashes}, {"restarts", t.Restarts}, {"panics", t.Panics},
		{"partitions", t.Partitions}, {"moves", t.Moves},
		{"disk faults", t.DiskFaults}, {"slow disks", t.SlowDisks}, {"stuck disks", t.StuckDisks}, {"full disks", t.FullDisks},
		{"clocks off", t.ClocksOff}, {"clock jumps", t.ClockJumps},
		{"names taken", t.NameTakers}, {"long absences", t.Absences},
	}
}

// Add adds the counts of another world.
func (t *Troubles) Add(o *Troubles) {
	t.Crashes += o.Crashes
	t.Restarts += o.Restarts
	t.Panics += o.Panics
	t.Partitions += o.Partitions
	t.Moves += o.Moves
	t.DiskFaults += o.DiskFaults
	t.SlowDisks += o.SlowDisks
	t.StuckDisks += o.StuckDisks
	t.FullDisks += o.FullDisks
	t.ClocksOff += o.ClocksOff
	t.ClockJumps += o.ClockJumps
	t.NameTakers += o.NameTakers
	t.Absences += o.Absences
}
