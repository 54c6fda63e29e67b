//! Least and most, as `checker.SizeEstimate` in `github.com/google/cel-go/checker/cost.go` has them: nothing overflows.

/// How many items, letters or bytes a value may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) min: u64,
    pub(super) max: u64,
}

impl Size {
    /// Nothing is known.
    pub(super) const UNKNOWN: Size = Size { min: 0, max: u64::MAX };
    /// Of no values at all.
    pub(super) const NONE: Size = Size { min: u64::MAX, max: 0 };

    pub(super) const fn fixed(size: u64) -> Self {
        Size { min: size, max: size }
    }

    pub(super) const fn up_to(max: u64) -> Self {
        Size { min: 0, max }
    }

    pub(super) fn add(self, other: Size) -> Self {
        Size { min: self.min.saturating_add(other.min), max: self.max.saturating_add(other.max) }
    }

    pub(super) fn times(self, other: Size) -> Self {
        Size { min: self.min.saturating_mul(other.min), max: self.max.saturating_mul(other.max) }
    }

    pub(super) fn union(self, other: Size) -> Self {
        Size { min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    /// What it costs at most to look at each part.
    pub(super) fn cost(self, each: f64) -> u64 {
        scaled(self.max, each)
    }
}

/// `multiplyByCostFactor`: rounded up.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn scaled(of: u64, by: f64) -> u64 {
    let most = u64::MAX as f64;
    let of = of as f64;
    if of > 0.0 && by > 0.0 && of > most / by {
        return u64::MAX;
    }
    // Casts of what is too big give the biggest number.
    (of * by).ceil() as u64
}
