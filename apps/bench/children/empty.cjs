// All that a process costs which does nothing.
void 0;
