"""The real handlers under scheduled faults: nobody twice, nobody lost, nobody stuck."""
